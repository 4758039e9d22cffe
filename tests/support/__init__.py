"""What several tests share. A sub-package has one subject; none of them is part of the product."""
