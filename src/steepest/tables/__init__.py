"""Where rows come from, and what squared loss needs of them."""
