/** How a candidate becomes champion, or does not: the controller, its decisions and their rows. */
@NullMarked
package dev.whetstone.rollout;

import org.jspecify.annotations.NullMarked;
