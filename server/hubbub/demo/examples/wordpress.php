<?php // comments.php of a child theme, in place of the theme's own
if ( post_password_required() ) return;
$path = wp_make_link_relative( get_permalink() ); ?>
<script type="module" src="https://comments.example.org/embed.js"></script>
<div id="comments" class="comments-area default-max-width">
  <hubbub-thread site="demo" key="<?php echo esc_attr( $path ); ?>"></hubbub-thread>
</div>
