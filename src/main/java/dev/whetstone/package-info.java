/** The two processes' mains and the commands: the only place that wires every room. */
@NullMarked
package dev.whetstone;

import org.jspecify.annotations.NullMarked;
