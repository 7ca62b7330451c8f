/** The names of the files in a data folder by which a desk's control API is found; server and client must agree on them. */
export const SOCKET_FILE = 'control.sock';
/** Where the path of the data folder is too long for a socket: a file with the path of the socket that is used instead. */
export const SOCKET_POINTER_FILE = 'control.sock.path';
export const TOKEN_FILE = 'control.token';
/** What the page needs to come back after a start of the desk. */
export const PAGE_FILE = 'page.json';
/** What fits into `sockaddr_un` everywhere: 104 bytes on macOS and the BSDs, 108 on Linux, with the byte that ends it. */
export const SOCKET_PATH_MAX_BYTES = 103;
