/**
 * A pushdown automaton over bytes that follows a {@link dev.whetstone.grammar.schema.Shape}. A
 * {@link State} is a set of stacks, since one text may be read in several ways; each {@link Frame}
 * knows which bytes may follow within one value. From every state a whole text can be reached.
 * Begin with {@link Machine}: it makes states when they are first needed and keeps their
 * transitions, so that it runs as fast as a table where it has been before.
 */
@NullMarked
package dev.whetstone.grammar.machine;

import org.jspecify.annotations.NullMarked;
