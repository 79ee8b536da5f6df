import sys

import recover_host
from recover_host import InstanceAbortedError, PanicError

app = recover_host.load(sys.argv[1])
errors = app.errors

with app.shelves.Shelf("ann") as shelf:
    print(shelf.add("Emma", 3))  # => 3
    try:
        shelf.find("Ulysses")
    except errors.NoBookError as error:
        print(error, error.code, error.title)  # => ann has no Ulysses E_NO_BOOK Ulysses
    try:
        shelf.add("Emma", 4_294_967_295)
    except PanicError as error:
        print(error, error.location.file)  # => the shelf is full src/lib.rs
    try:
        app.shelves.burn()
    except InstanceAbortedError as error:
        print(error.fatal, error.retryable)  # => True True
    print(shelf.find("Emma"))  # => 3
