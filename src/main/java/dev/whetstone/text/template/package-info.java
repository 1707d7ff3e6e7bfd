/**
 * Jinja for chat templates, as Transformers sets it up: an immutable sandbox with trim_blocks,
 * lstrip_blocks, loop controls and the generation tag. Begin with {@link Template}: the lexer and
 * the parsers turn its text into {@link Expr} and {@link Stmt}, which the interpreter walks within
 * a {@link Budget}. Values are Java's: String, Long, Double, Boolean, List, Map, and the small
 * classes here for what Java lacks ({@link None}, {@link Tuple}, {@link Undefined}).
 */
@NullMarked
package dev.whetstone.text.template;

import org.jspecify.annotations.NullMarked;
