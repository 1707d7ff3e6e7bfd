/**
 * Regular expressions of JSON Schema (ECMA-262, the subset without look-around and back-references)
 * as deterministic automata over code points. Begin with {@link Patterns}; {@link Dfa} has the
 * operations on automata.
 */
@NullMarked
package dev.whetstone.grammar.regex;

import org.jspecify.annotations.NullMarked;
