"""What is measured of a model beside its loop: curvature, landscape, learning-rate range."""
