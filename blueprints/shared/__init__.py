"""What every window needs: who may enter, how an answer is rendered, how a refusal is said."""
