public import MarqueeModels
