/** Files that appear whole or not at all, and their hashes. */
@NullMarked
package dev.whetstone.io;

import org.jspecify.annotations.NullMarked;
