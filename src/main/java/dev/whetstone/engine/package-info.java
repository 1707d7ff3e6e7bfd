/** Sequences, scheduler, sampler and prefix cache: the loop that turns requests into tokens. */
@NullMarked
package dev.whetstone.engine;

import org.jspecify.annotations.NullMarked;
