// The link's code is used up: the address goes out of the browser's history.
location.replace('../');
