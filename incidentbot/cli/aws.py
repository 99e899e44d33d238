"""`aws`: what the bot must be allowed to do there."""
import typer
cli = typer.Typer(name="aws", no_args_is_help=True, add_completion=False)
