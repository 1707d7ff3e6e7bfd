/**
 * Reading and writing preference pairs in TRL's file formats: JSON lines with texts or messages,
 * and optional token ids. Begin with {@link TrlReader} and {@link TrlWriter}; neither is shared
 * between threads. Knows nothing of the database.
 */
@NullMarked
package dev.whetstone.preference.trl;

import org.jspecify.annotations.NullMarked;
