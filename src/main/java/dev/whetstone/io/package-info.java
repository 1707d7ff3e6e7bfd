/**
 * Files and directories that appear whole or not at all, their hashes, locks, and free ports. Begin
 * with {@link AtomicFile}.
 *
 * <p>The bottom layer: it uses no other package. Nothing here keeps state; any thread may call it,
 * but two writers of one file would share its {@code .part} file.
 */
@NullMarked
package dev.whetstone.io;

import org.jspecify.annotations.NullMarked;
