/**
 * The composition root: the two processes' start, life and end. The only package that sees every
 * other.
 */
@NullMarked
package dev.whetstone.app;

import org.jspecify.annotations.NullMarked;
