/**
 * The HTTP client of a running gateway, for {@code cli} and {@code lab}: {@link GatewayHttpClient}.
 * Turns problem details into an {@code IOException}.
 */
@NullMarked
package dev.whetstone.client;

import org.jspecify.annotations.NullMarked;
