/**
 * The program's entry point; everything it starts stands in {@link dev.whetstone.cli} and {@link
 * dev.whetstone.app}.
 */
@NullMarked
package dev.whetstone;

import org.jspecify.annotations.NullMarked;
