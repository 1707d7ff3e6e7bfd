/**
 * Jinja for chat templates, as Transformers sets it up: an immutable sandbox with trim_blocks,
 * lstrip_blocks, loop controls and the generation tag. Begin with {@link Template}: the lexer and
 * the parsers turn its text into {@link Expr} and {@link Stmt} of the syntax package, which the
 * interpreter walks within a {@link Budget}. Values are Java's: String, Long, Double, Boolean,
 * List, Map, and the small classes here for what Java lacks ({@link None}, {@link Tuple}, {@link
 * Undefined}).
 */
@NullMarked
package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Expr;
import dev.whetstone.text.template.syntax.None;
import dev.whetstone.text.template.syntax.Stmt;
import org.jspecify.annotations.NullMarked;
