import sys

import recover_host

app = recover_host.load(sys.argv[1])
print(app.tills.total(["Emma", "Ulysses"]))  # => 12
try:
    app.tills.total(["Emma", "Persuasion"])
except app.errors.NotForSaleError as error:
    for one in [error, *error.causes]:
        print(f"{one.language}: {type(one).__name__}: {one}")
        # => rust: NotForSaleError: Persuasion can't be sold
        # => python: NoPriceError: nobody knows what Persuasion costs
        # => python: ValueError: invalid literal for int() with base 10: 'eleven'
    print(error.__cause__.location)  # => pricing.py:20:13
