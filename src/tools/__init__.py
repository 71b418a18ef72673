"""Programs that use the product from outside: check, bench, demo, fake_robot."""
