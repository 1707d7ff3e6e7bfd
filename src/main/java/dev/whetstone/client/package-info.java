/** An HTTP client of a running gateway. */
@NullMarked
package dev.whetstone.client;

import org.jspecify.annotations.NullMarked;
