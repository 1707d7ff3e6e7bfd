/** The command line: {@code ./whetstone COMMAND}. */
@NullMarked
package dev.whetstone.cli;

import org.jspecify.annotations.NullMarked;
