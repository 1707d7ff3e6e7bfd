/**
 * The program's entry point, {@link dev.whetstone.Whetstone}. The commands are in {@code
 * dev.whetstone.cli}, the two processes in {@code dev.whetstone.app}.
 */
@NullMarked
package dev.whetstone;

import org.jspecify.annotations.NullMarked;
