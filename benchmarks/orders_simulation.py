"""What the order list is worth: the sample shop run day by day, its orders by the list and by the rules of rivals.

    python -m benchmarks.orders_simulation --seeds 20 --out out/orders

writes a row for each seed, rule and group of products, and prints the table; rows that are there are not run again.

All that is below was fixed before the first of the 20 seeds was run; the script was tried out on seed 1000.

The shop. 100 products, 730 days of history with the stock-outs of its old buyer, then 180 days on which each rule
orders by itself and sees its own sales alone: what a customer asks for when the shelf is empty is lost and not
recorded, but the shop knows in the evening which shelves are empty. All rules begin with the same stock.

    group      shelf life   lead time   review period     why
    bakery         3            1             1           fresh, ordered every evening
    produce        5            1             2
    dairy         12            2             3
    others     no end           3             7           ambient goods, a weekly order

Costs. A unit costs 60 % of its usual price; a customer lost costs the margin, 40 % of the price. Holding costs 30 % of
the unit cost a year, of what is on the shelf in the evening: the carrying charge of capital and room (Silver, Pyke and
Thomas 2017, "Inventory and Production Management in Supply Chains"). What outlives its shelf life is thrown away: its
unit cost. The oldest is sold first. Products that sell 2 a day or more come in packs of 6. Ordering costs nothing.

The rules. Each is told a critical ratio margin / (margin + loss of a unit left) and orders whole packs. The loss is a
share of the unit cost; as nobody knows how much of what is left will perish, every rule chooses its own out of the same
eight, a group: the one that would have been cheapest on the last 90 days of history, where the true demand is laid open
to all of them alike.

    order list        `shelfcast.planning` on a catalog model that has not seen these 90 days, and is not trained again
                      in the 180; its errors of cumulated forecasts come from the 90 days. It is told the promotions
                      and prices of the next 14 days, which the shop plans; the rivals have no use for them
    ... no plans known    the same with a model that is told neither, nor any holiday; on the first 5 seeds
    seasonal naive    up to the sales of the same weekdays a week before, plus safety stock
    mean of 28 days   up to the mean of the last 28 days, plus safety stock; days with an empty shelf left out
    reorder point     fixed for the 180 days: at or below it, lots of a review period's mean sales are ordered until the
                      stock is above it. The point is the mean of the last 84 days of history over lead time and
                      review period, plus safety stock

Safety stock: the normal quantile at the critical ratio times the standard deviation of what such a forecast missed over
lead time and review period together, product by product, on the last 84 days: sums, not days times a square root.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.orders.ours import Nightly, OrderList, Trained
from benchmarks.orders.rivals import mean_of_28, reorder_point, seasonal_naive
from benchmarks.orders.shop import DAYS, GROUPS, HISTORY, Record, Rule, Shop, simulate
from shelfcast.writing import write_table

TUNED = 90  # days
LOSSES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)  # of a unit left, shares of the unit cost
OURS = "order list"
BLIND_SEEDS = 5  # the first ones, on which the list is also tried without plans


def run(seed: int) -> pd.DataFrame:
    """A row a rule and group: the costs of the 180 days."""
    shop = Shop.of(seed)
    as_sold, tuning = (
        Record.of(shop.sample.panel.until(shop.sample.panel.dates[HISTORY - 1])),
        range(HISTORY - TUNED, HISTORY),
    )
    before = Record(as_sold.sales[:, : tuning.start], as_sold.empty[:, : tuning.start])
    # name: the rule on the days on which it is tuned, and the rule in use
    rules: dict[str, tuple[Rule, Rule]] = {
        OURS: ours(shop, seed, as_sold, tuning, plans=True),
        "seasonal naive": (seasonal_naive(shop), seasonal_naive(shop)),
        "mean of 28 days": (mean_of_28(shop), mean_of_28(shop)),
        "reorder point": (reorder_point(shop, before), reorder_point(shop, as_sold)),
    }
    if seed < BLIND_SEEDS:
        rules[f"{OURS}, no plans known"] = ours(shop, seed, as_sold, tuning, plans=False)
    rows = []
    for name, (tuned, used) in rules.items():
        tried = []
        for share in LOSSES:
            costs = total_of(simulate(shop, tuned, as_sold, tuning, share * shop.cost, own_record=False))
            tried.append(costs.groupby("group")["total"].sum())
        chosen = pd.concat(tried, axis=1).to_numpy().argmin(axis=1)
        share_of = dict(zip(tried[0].index.tolist(), np.array(LOSSES)[chosen].tolist(), strict=True))
        loss = np.array([share_of[group] for group in shop.group.tolist()]) * shop.cost
        costs = simulate(shop, used, as_sold, range(HISTORY, HISTORY + DAYS), loss, own_record=True)
        table = costs.groupby("group", as_index=False).sum()
        rows.append(table.assign(seed=seed, rule=name, loss=[share_of[group] for group in table["group"].tolist()]))
    return pd.concat(rows, ignore_index=True)


def ours(shop: Shop, seed: int, as_sold: Record, tuning: range, plans: bool) -> tuple[Rule, Rule]:
    trained = Trained(shop, seed, TUNED, plans)
    # on the days of the tuning all see the record of the old buyer: one forecast an evening for all losses
    eyes = Nightly(trained, tuning.start - 1)
    seen = {day: eyes(day, as_sold) for day in tuning}
    return OrderList(shop, lambda day, record: seen[day]), OrderList(shop, Nightly(trained, HISTORY - 1))


def total_of(costs: pd.DataFrame) -> pd.DataFrame:
    return costs.assign(total=costs["holding"] + costs["lost"] + costs["waste"])


def show(costs: pd.DataFrame) -> str:
    """The costs a rule, means over seeds, and against the list's; then the totals a group."""
    names = ["holding", "lost", "waste", "total", "asked", "sold"]
    costs = total_of(costs)
    rules = costs["rule"].unique().tolist()
    by_seed = {rule: costs[costs["rule"] == rule].groupby("seed")[names].sum() for rule in rules}
    lines = ["| rule | holding | lost sales | waste | total | demand met | dearer than the list | on seeds |"]
    lines.append("|" + "---|" * 8)
    for rule, rows in by_seed.items():
        mean = dict(zip(names, rows.to_numpy().mean(axis=0).tolist(), strict=True))
        more = rows["total"].to_numpy() / by_seed[OURS]["total"].loc[rows.index].to_numpy() - 1
        beside = "| |"
        if rule != OURS:
            beside = (
                f"{more.mean():+.1%} ({more.min():+.1%} to {more.max():+.1%}) | {(more > 0).sum()} of {len(more)} |"
            )
        money = " | ".join(f"{mean[name]:,.0f}" for name in names[:4])
        lines.append(f"| {rule} | {money} | {mean['sold'] / mean['asked']:.1%} | {beside}")
    lines += ["", "| rule | " + " | ".join(GROUPS) + " |", "|" + "---|" * (1 + len(GROUPS))]
    for rule in rules:
        cells = []
        for group in GROUPS:
            of = costs[(costs["rule"] == rule) & (costs["group"] == group)]
            total, *parts = (
                of[["total", "holding", "lost", "waste"]].to_numpy().sum(axis=0) / costs["seed"].nunique()
            ).tolist()
            cells.append(f"{total:,.0f} ({' + '.join(f'{part:,.0f}' for part in parts)})")
        lines.append(f"| {rule} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orders_simulation", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="0 to this less 1")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--out", type=Path, default=Path("out/orders"))
    arguments = parser.parse_args()
    path = arguments.out / "costs.csv"
    found = pd.read_csv(path) if path.exists() else pd.DataFrame({"seed": []})
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        if seed not in found["seed"].to_numpy():
            found = pd.concat([found, run(seed)], ignore_index=True) if len(found) else run(seed)
            write_table(found, path)
            print(f"seed {seed} done", file=sys.stderr)
    print(show(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
