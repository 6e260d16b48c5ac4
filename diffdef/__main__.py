"`python -m diffdef` is the command `diffdef`."
import sys

from diffdef.cli import main

sys.exit(main())
