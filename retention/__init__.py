"""What must happen to each document, and did it? The catalogue, the decisions, the moves and the shell around them."""
