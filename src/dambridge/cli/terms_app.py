"""`dambridge terms` and its options; what the commands do is in `terms`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dambridge.cli.options import By, Json, context_of

terms_app = typer.Typer(
    help="Words that NetX's vocabularies do not know: who uses them, and what they mean.", invoke_without_command=True
)

Account = Annotated[
    str | None, typer.Option("--account", help="The account with the vocabulary.", show_default="the only NetX account")
]
Attribute = Annotated[str, typer.Option("--attribute", "-a", help="The attribute, by the account's own name for it.")]
Word = Annotated[str, typer.Argument(help="The entry's id from the list, or the word itself where it is in one entry.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]


@terms_app.callback()
def terms_common(ctx: typer.Context, json: Json = False) -> None:
    """List the words that assets wait for."""
    if ctx.invoked_subcommand is None:
        from dambridge.cli import terms

        terms.listed(context_of(ctx, json), account=None, attribute=None, everything=False, limit=50)


@terms_app.command("list")
def terms_list(
    ctx: typer.Context,
    *,
    account: Account = None,
    attribute: Annotated[str | None, typer.Option("--attribute", "-a", help="Only this attribute.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is decided and what no asset waits for any more.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many.")] = 50,
    json: Json = False,
) -> None:
    """List the words that assets wait for, those that most wait for first, with the term that is likest."""
    from dambridge.cli import terms

    terms.listed(context_of(ctx, json), account=account, attribute=attribute, everything=everything, limit=limit)


@terms_app.command("show")
def terms_show(ctx: typer.Context, word: Word, json: Json = False) -> None:
    """One word: its spellings, some of its assets, all proposals, and what was decided."""
    from dambridge.cli import terms

    terms.show(context_of(ctx, json), word)


@terms_app.command("map")
def terms_map(
    ctx: typer.Context,
    word: Word,
    term: Annotated[str, typer.Argument(help="The term of the vocabulary that the word means.")],
    *,
    by: By = "",
    why: Why = "",
    json: Json = False,
) -> None:
    """Say which term a word means; the next run repairs every asset that uses it."""
    from dambridge.cli import terms

    terms.decide(context_of(ctx, json), word, verdict="map", term=term, why=why, by=by)


@terms_app.command("add")
def terms_add(
    ctx: typer.Context,
    word: Word,
    term: Annotated[
        str, typer.Argument(help="How the term is to be spelled.", show_default="as the word is mostly written")
    ] = "",
    *,
    by: By = "",
    why: Why = "",
    json: Json = False,
) -> None:
    """Say that a word is to become a term; its assets wait until the account's vocabulary shows it."""
    from dambridge.cli import terms

    terms.decide(context_of(ctx, json), word, verdict="add", term=term, why=why, by=by)


@terms_app.command("drop")
def terms_drop(ctx: typer.Context, word: Word, *, why: Why = "", by: By = "", json: Json = False) -> None:
    """Say that a word is meant not to be carried, with the reason; it stays at its source."""
    from dambridge.cli import terms

    terms.decide(context_of(ctx, json), word, verdict="drop", term="", why=why, by=by)


@terms_app.command("undo")
def terms_undo(ctx: typer.Context, word: Word, *, by: By = "", json: Json = False) -> None:
    """Take a decision back; its assets wait again, and what stands in NetX stays until somebody decides anew."""
    from dambridge.cli import terms

    terms.undo(context_of(ctx, json), word, by=by)


@terms_app.command("propose")
def terms_propose(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="Any word.")],
    *,
    attribute: Attribute,
    account: Account = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many.")] = 5,
    json: Json = False,
) -> None:
    """The terms that are most like a word, whether or not an asset uses it."""
    from dambridge.cli import terms

    terms.propose(context_of(ctx, json), text, attribute=attribute, account=account, limit=limit)


@terms_app.command("import")
def terms_import(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="CSV, or SKOS as Turtle, RDF/XML or JSON-LD.", exists=True, dir_okay=False)
    ],
    *,
    attribute: Attribute,
    account: Account = None,
    form: Annotated[
        str, typer.Option("--format", help="csv, turtle, rdfxml or jsonld.", show_default="by the file's name")
    ] = "",
    language: Annotated[str, typer.Option("--language", help="Of the labels, where the file has several.")] = "en",
    by: By = "",
    json: Json = False,
) -> None:
    """Bring in what a vocabulary knows of its terms: synonyms, languages, hierarchy. Nothing is changed in NetX."""
    from dambridge.cli import terms

    terms.bring_in(
        context_of(ctx, json), file, attribute=attribute, account=account, form=form, language=language, by=by
    )


@terms_app.command("export")
def terms_export(
    ctx: typer.Context,
    *,
    attribute: Attribute,
    account: Account = None,
    form: Annotated[
        str,
        typer.Option("--format", help="csv, turtle, rdfxml or jsonld.", show_default="by the file's name, else csv"),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="The file to write.", show_default="standard output")
    ] = None,
    json: Json = False,
) -> None:
    """Write the terms that can be chosen, with synonyms, languages, and the words that persons mapped to them."""
    from dambridge.cli import terms

    terms.take_out(context_of(ctx, json), attribute=attribute, account=account, form=form, out=out)
