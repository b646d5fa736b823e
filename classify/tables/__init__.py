"""Tables of the pages about judgements."""
