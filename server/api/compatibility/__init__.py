"""Other projects' clients: their requests and answers, made of this server's own."""
