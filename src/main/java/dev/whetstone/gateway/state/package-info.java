/** Whether this gateway can serve, and the model it serves with. */
@NullMarked
package dev.whetstone.gateway.state;

import org.jspecify.annotations.NullMarked;
