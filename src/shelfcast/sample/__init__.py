"""The sample shop: a simulated retail catalog whose true expected demand is known.

    calendar and plan -> demand -> shelf -> shop -> files

A product's demand on a day is a gamma-Poisson (negative binomial) count. Its mean is a product of effects
that a real shop has, and that can be learned for the most part from past sales, the calendar and the price
list:

    level x trend x slow wander (of the product, its family, its store)
          x week x year x holidays and the days before them       differ by category and by product
          x price ^ -elasticity x promotion                       less in the week after: customers stocked up
          x promotions of its substitute and of its complement
          x yesterday's surge of the product that it follows

    demand ~ Poisson(mean x Gamma(1 / dispersion, dispersion))    sales = min(demand, stock)

Products come in families of five, of one category and store: the first two replace each other, and the
third sells together with the first. A family lies within one block of products, and each block has random
streams of its own: so a shop of any size can be made block by block, and a product's path does not change
with the number of products.

The counts are those of Snyder, Ord and Beaumont (2012), "Forecasting the intermittent demand for slow-moving
inventories"; constant elasticities and cross effects, those of van Heerde, Leeflang and Wittink (2004),
"Decomposing the sales promotion bump with store data".
"""

from .files import write_sample
from .shop import SampleShop, sample_blocks, sample_shop

__all__ = ["SampleShop", "sample_blocks", "sample_shop", "write_sample"]
