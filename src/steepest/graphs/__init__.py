"""The computational graph: values forward, gradients backward, one edge at a time."""
