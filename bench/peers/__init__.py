"""What runs inside the peers' own virtualenv: nothing here may import ours."""
