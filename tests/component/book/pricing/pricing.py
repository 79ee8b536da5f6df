from recover_guest import recoverable
from wit_world import exports


class NoPriceError(Exception):
    def __init__(self, title: str) -> None:
        super().__init__(f"nobody knows what {title} costs")
        self.title = title


PRICES = {"Emma": 12, "Persuasion": "eleven"}


@recoverable
class Prices(exports.Prices):
    def price(self, title: str) -> int:
        try:
            return int(PRICES[title])
        except ValueError as error:
            raise NoPriceError(title) from error
