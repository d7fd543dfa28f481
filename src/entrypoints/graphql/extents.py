"""How far a selection reaches once all its fragments are expanded."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionNode, SelectionSetNode

from entrypoints.graphql.limits import limit_error

_INTROSPECTION = ("__schema", "__type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """`width` counts the fields on the first level, `fields` all of them."""

    depth: int = 0
    introspection_depth: int = 0
    width: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    def beside(self, other: "Extent") -> "Extent":
        return Extent(
            depth=max(self.depth, other.depth),
            introspection_depth=max(self.introspection_depth, other.introspection_depth),
            width=self.width + other.width,
            fields=self.fields + other.fields,
            aliases=self.aliases + other.aliases,
            directives=self.directives + other.directives,
        )

    def below(self, field: FieldNode) -> "Extent":
        """The extent of `field`, of whose selection this is the extent."""
        introspective = field.name.value in _INTROSPECTION
        return Extent(
            depth=0 if introspective else self.depth + 1,
            introspection_depth=self.depth + 1 if introspective else self.introspection_depth,
            width=1,
            fields=self.fields + 1,
            aliases=self.aliases + (field.alias is not None),
            directives=self.directives,
        )


class ExtentFinder:
    """Each fragment is looked into once. A cycle ends where it closes: that it is one, validation reports.

    `nesting` bounds the recursion, over chains of fragments too.
    """

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], nesting: int) -> None:
        self._fragments = fragments
        self._nesting = nesting
        self._known: dict[str, Extent] = {}

    def of(self, selections: SelectionSetNode | None, level: int = 1) -> Extent:
        """Raises GraphQLError when the selections nest too deep to be looked into."""
        total = Extent()
        if selections is None:
            return total
        if level > self._nesting:
            raise limit_error(f"Selections and fragments nest more than {self._nesting} deep.", selections)
        for selection in selections.selections:
            total = total.beside(Extent(directives=len(selection.directives or ())))
            total = total.beside(self._of_selection(selection, level))
        return total

    def _of_selection(self, selection: SelectionNode, level: int) -> Extent:
        if isinstance(selection, FieldNode):
            return self.of(selection.selection_set, level + 1).below(selection)
        if isinstance(selection, FragmentSpreadNode):
            return self._of_fragment(selection.name.value, level)
        inline: SelectionSetNode = selection.selection_set  # type: ignore[attr-defined]
        return self.of(inline, level + 1)

    def _of_fragment(self, name: str, level: int) -> Extent:
        if name not in self._known:
            self._known[name] = Extent()
            fragment = self._fragments.get(name)
            if fragment is not None:
                inside = self.of(fragment.selection_set, level + 1)
                self._known[name] = inside.beside(Extent(directives=len(fragment.directives or ())))
        return self._known[name]
