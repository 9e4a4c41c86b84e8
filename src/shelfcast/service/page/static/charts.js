// Draws each chart whose data lies beside it in the page, in the page's colours.
"use strict";

const COLOURS = ["paper", "ink", "muted", "line", "rule", "band", "accent"];

function inColours(value, colours) {
  if (typeof value === "string" && value.startsWith("var:")) {
    const [, name, alpha] = value.split(":");
    return alpha ? colours[name] + alpha : colours[name];
  }
  if (Array.isArray(value)) return value.map((part) => inColours(part, colours));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inColours(part, colours)]));
  }
  return value;
}

function draw() {
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
  for (const place of document.querySelectorAll("[data-chart]")) {
    const figure = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    const { data, layout } = inColours(figure, colours);
    Plotly.react(place, data, layout, { displayModeBar: false, responsive: true, scrollZoom: false });
    place.classList.add("drawn");
  }
}

document.addEventListener("DOMContentLoaded", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
