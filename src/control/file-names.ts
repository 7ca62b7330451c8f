/** Names of the files in a data folder by which a client finds the control server. */
export const SOCKET_FILE = 'control.sock';
/** For data folders whose path is too long for a socket: a file with the path of the socket. */
export const SOCKET_POINTER_FILE = 'control.sock.path';
export const TOKEN_FILE = 'control.token';
/** What the page needs to reconnect after a restart of the desk. */
export const PAGE_FILE = 'page.json';
/** The length of `sockaddr_un` on all systems: 104 bytes on macOS and the BSDs, 108 on Linux, including the final zero byte. */
export const SOCKET_PATH_MAX_BYTES = 103;
