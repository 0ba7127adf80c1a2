"""What database libraries share: statements and their shapes, rows, cursors, transactions, pools."""
