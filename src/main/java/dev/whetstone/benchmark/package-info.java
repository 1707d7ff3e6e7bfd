/** Speed of the engine on this machine, as {@code whetstone bench} prints it. */
@NullMarked
package dev.whetstone.benchmark;

import org.jspecify.annotations.NullMarked;
