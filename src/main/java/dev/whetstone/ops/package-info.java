/** Health checks and metrics. */
@NullMarked
package dev.whetstone.ops;

import org.jspecify.annotations.NullMarked;
