/** Votes and users' data: {@code /preferences}, {@code /users}. */
@NullMarked
package dev.whetstone.gateway.preferences;

import org.jspecify.annotations.NullMarked;
