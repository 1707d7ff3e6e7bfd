/** Training runs: {@code /training/runs}. */
@NullMarked
package dev.whetstone.gateway.training;

import org.jspecify.annotations.NullMarked;
