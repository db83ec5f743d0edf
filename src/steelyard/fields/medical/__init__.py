"""Medical devices and aids."""
