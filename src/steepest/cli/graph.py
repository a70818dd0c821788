"""The command `graph`: the computational graph of a formula."""

import click

from steepest.cli.command import FormulaCommand, headed
from steepest.cli.options import printing_options, values_of
from steepest.cli.outputs import check_ending, check_outputs, print_json, say_written

_values, _output = headed("Values"), headed("Output")


@click.command(cls=FormulaCommand)
@click.argument("formula")
@_values("--at", multiple=True, help="Values of the variables: a=5,b=3,c=2.")
@_output(
    "--save",
    type=click.Path(),
    help="Write the graph to this file: .svg, .png, .pdf, .mmd (Mermaid) or .dot.",
)
@_output("--steps", is_flag=True, help="Print every step forward and backward in words.")
@printing_options
def graph(
    formula: str,
    at: tuple[str, ...],
    save: str | None,
    steps: bool,
    as_json: bool,
    quiet: bool,
    debug: bool,
) -> None:
    """Show the graph of FORMULA: its values forward, and its gradients backward edge by edge."""
    from steepest.api.graph import graph as make_graph
    from steepest.cli.graph_output import ENDINGS, formula_of, save_graph, summarize, to_dict

    check_ending("--save", save, ENDINGS)
    check_outputs([save], [])
    values = values_of(at)
    formula = formula_of(formula, len(values))
    made = make_graph(formula, **values)
    events = [str(event) for event in made.steps()]
    if save is not None:
        save_graph(made, save)
    if as_json:
        print_json(to_dict(made, formula, events))
    elif not quiet:
        print(summarize(made, formula, events if steps else []))
    say_written([save], quiet)
