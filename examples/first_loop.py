"""A first loop of gradient descent, as many write it: the weight of y = w·x on three points.

`steepest lesson 0 --check examples/first_loop.py` says what it is: the gradient is a sum.
"""

x_data = [1.0, 2.0, 3.0]
y_data = [2.0, 4.0, 6.0]

w = 1.0
for _ in range(30):
    gradient = 0.0
    for x, y in zip(x_data, y_data, strict=True):
        gradient += 2 * x * (w * x - y)
    w = w - 0.01 * gradient

print(f"w = {w:.6f}")
