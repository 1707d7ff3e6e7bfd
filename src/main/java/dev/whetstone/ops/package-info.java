/** Metrics, health and drain. */
@NullMarked
package dev.whetstone.ops;

import org.jspecify.annotations.NullMarked;
