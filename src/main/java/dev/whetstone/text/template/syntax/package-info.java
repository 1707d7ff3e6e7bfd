/**
 * Reads Jinja: {@link Lexer} cuts a template into tokens, {@link Parser} makes {@link Stmt} and
 * {@link Expr} of them. Every failure is a {@link JinjaException} that knows its place.
 */
@NullMarked
package dev.whetstone.text.template.syntax;

import org.jspecify.annotations.NullMarked;
