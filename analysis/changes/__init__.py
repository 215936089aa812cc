"""Changes that nobody announced: when did a platform become slower or start to fail, and when did it end?

votes -> hourly series (dense grid) -> split into levels (circular binary segmentation) -> changes with confidence
"""
