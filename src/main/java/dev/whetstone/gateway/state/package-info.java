/**
 * Whether this gateway can serve, and the model it serves with. Begin with {@link GatewayState}:
 * {@code app} sets it, any thread may read it.
 */
@NullMarked
package dev.whetstone.gateway.state;

import org.jspecify.annotations.NullMarked;
